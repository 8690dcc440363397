import { render, screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, expect, it, jest } from '@jest/globals';
import { PageBoundary } from './PageBoundary.tsx';

afterEach(() => {
  jest.restoreAllMocks();
});

it('says that a page could not be drawn, beside what else is there, and draws it again', async () => {
  jest.spyOn(console, 'error').mockReturnValue();
  let broken = true;
  const Page = () => {
    if (broken) throw new Error('points is null');
    return <p>All of it</p>;
  };
  render(
    <>
      <nav>Bar</nav>
      <PageBoundary title="Metrics">
        <Page />
      </PageBoundary>
    </>,
  );
  expect(screen.getByText('Bar')).toBeVisible();
  expect(screen.getByRole('heading', { name: 'Metrics' })).toBeVisible();
  expect(screen.getByRole('alert')).toHaveTextContent('This page could not be drawn: points is null');
  broken = false;
  await userEvent.click(screen.getByRole('button', { name: 'Draw it again' }));
  expect(screen.getByText('All of it')).toBeVisible();
});

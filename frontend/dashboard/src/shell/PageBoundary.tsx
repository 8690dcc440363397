import { Component, type ReactNode } from 'react';

interface PageBoundaryProps {
  title: string;
  children: ReactNode;
}

/** Keeps a page that fails to draw from taking the bar and the other pages with it. */
export class PageBoundary extends Component<PageBoundaryProps, { failure: string | null }> {
  override state = { failure: null };

  static getDerivedStateFromError(thrown: unknown): { failure: string } {
    return { failure: thrown instanceof Error ? thrown.message : String(thrown) };
  }

  override render(): ReactNode {
    const { failure } = this.state;
    if (failure === null) return this.props.children;
    return (
      <>
        <h1>{this.props.title}</h1>
        <p className="problem" role="alert">
          This page could not be drawn: {failure}{' '}
          <button type="button" className="link-button" onClick={() => this.setState({ failure: null })}>
            Draw it again
          </button>
        </p>
      </>
    );
  }
}

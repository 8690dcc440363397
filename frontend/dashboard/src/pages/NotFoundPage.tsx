import { Link } from 'wouter';

/** For an address that no page has. */
export function NotFoundPage() {
  return (
    <>
      <h1>There is no such page</h1>
      <p>
        The address may be mistyped, or the page has moved. <Link href="/">Go to the overview.</Link>
      </p>
    </>
  );
}

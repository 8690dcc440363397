/** Path below which the dashboard is served, without a slash at its end; the service writes it into `<base>`. */
export function basePath(): string {
  return new URL(document.baseURI).pathname.replace(/\/$/, '');
}

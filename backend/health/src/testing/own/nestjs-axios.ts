import { from, type Observable } from 'rxjs';

/** Stands in for `@nestjs/axios`: what is not 2xx is an error of its own kind, with the answer. */
export class HttpService {
  request({ url }: { url: string }): Observable<{ status: number }> {
    return from(ask(url));
  }
}

async function ask(url: string): Promise<{ status: number }> {
  const response = await fetch(url).catch((thrown: unknown) => {
    throw Object.assign(new Error('connect failed', { cause: thrown }), { isAxiosError: true });
  });
  await response.body?.cancel();
  if (response.ok) return { status: response.status };
  const { status, statusText } = response;
  const error = new Error(`Request failed with status code ${status}`);
  throw Object.assign(error, { isAxiosError: true, response: { status, statusText } });
}

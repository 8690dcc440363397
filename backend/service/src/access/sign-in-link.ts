import { mintLinkCode } from './tokens.ts';

/** The address that signs its bearer in, once, within ten minutes. */
export async function signInLink(publicUrl: string, secret: string): Promise<string> {
  return `${publicUrl}/sign-in/link?code=${await mintLinkCode(secret)}`;
}

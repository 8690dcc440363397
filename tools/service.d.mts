export interface BuiltService {
  url: string;
  signInUrl: string | null;
  pid: number;
  dataDir: string;
  readyMs: number;
  errors: string[];
  exited: Promise<{ code: number | null; signal: string | null }>;
  kill(): Promise<void>;
  stop(): Promise<void>;
}
export function makeDataDir(): Promise<string>;
export function startBuiltService(options?: {
  dataDir?: string;
  port?: number;
  env?: Record<string, string>;
}): Promise<BuiltService>;

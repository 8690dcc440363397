export function findBrowser(): string | null;
export function missingRequirements(): string[];
export function findRedis(): string | null;

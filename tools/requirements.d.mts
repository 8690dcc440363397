export function findBrowser(): string | null;
export function missingRequirements(): string[];

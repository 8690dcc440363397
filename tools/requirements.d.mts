export function findBrowser(): string | null;
export function missingRequirements(): string[];
export function findHaproxy(): string | null;
export function findPrometheus(): string | null;
export function findRabbitmq(): string | null;
export function findRedis(): string | null;

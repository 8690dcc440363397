/** The service cannot start, for a reason that a person can mend; the message is the whole of what they are shown. */
export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartError';
  }
}

/** The name that a record gives an error: its class, unless that says less than the name that it was given. */
export function errorName(error: Error): string {
  const className = error.constructor.name
  return ['', 'Error', 'Object', 'DOMException'].includes(className) ? error.name : className
}

/** An error with another message, for a record: the libraries' own repeat the values that they were given. */
export function withMessage(error: Error, message: string): Error {
  const shown = new Error(message)
  shown.name = errorName(error)
  return shown
}

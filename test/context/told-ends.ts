/** What stop records say of a response that did not end well. */
export const CLIENT = { etype: 'ClientDisconnected', message: 'The client went away' }
export const SERVER = { etype: 'ResponseAborted', message: 'The server broke the response off' }
export const TIMEOUT = { etype: 'TimeoutError', message: 'A time-out of the server broke the response off' }
/** What `failingRows` fails with. */
export const CURSOR = { etype: 'CursorFailed', message: 'cursor failed' }
/** Of a response whose head was sent. */
export const HEAD = { response: { status_code: 200 } }

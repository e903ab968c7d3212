/** What stop records say of a response that did not end well. */
export const CLIENT_DISCONNECTED = { etype: 'ClientDisconnected', message: 'The client went away' }
export const RESPONSE_ABORTED = { etype: 'ResponseAborted', message: 'The server broke the response off' }
export const SERVER_TIMEOUT = { etype: 'TimeoutError', message: 'A time-out of the server broke the response off' }
/** What `failingRows` fails with. */
export const CURSOR_FAILED = { etype: 'CursorFailed', message: 'cursor failed' }
/** Of a response whose head was sent. */
export const RESPONSE_HEAD = { response: { status_code: 200 } }

import { expect } from 'vitest'

/** Info in the stop record of a response that failed. */
export const CLIENT_DISCONNECTED = { etype: 'ClientDisconnected', message: 'The client went away' }
export const RESPONSE_ABORTED = { etype: 'ResponseAborted', message: 'The server aborted the response' }
export const SERVER_TIMEOUT = { etype: 'TimeoutError', message: 'The server aborted the response after a timeout' }
/** Info about the error that `generateFailingRows` throws. */
export const CURSOR_FAILED = { etype: 'CursorFailed', message: 'cursor failed' }
/** Info about a response whose headers were sent. */
export const RESPONSE_HEAD = { response: expect.objectContaining({ status_code: 200 }) }

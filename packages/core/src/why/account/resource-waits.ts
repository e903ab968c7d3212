import { Map, Set } from '../../platform/platform.js'

/** Maps the type of an `async_hooks` resource to the name of the wait. A program may use any type for its own. */
const WAITS: ReadonlyMap<string, string> = new Map([
  ...nameAll('fs', 'FSREQCALLBACK', 'FSREQPROMISE', 'FILEHANDLECLOSEREQ', 'FILEHANDLE', 'FSEVENTWRAP', 'DIRHANDLE'),
  ...nameAll('fs', 'BLOBREADER', 'STATWATCHER'),
  ...nameAll('dns', 'GETADDRINFOREQWRAP', 'GETNAMEINFOREQWRAP', 'QUERYWRAP'),
  ...nameAll('zlib', 'ZLIB'),
  ...nameAll('crypto', 'PBKDF2REQUEST', 'SCRYPTREQUEST', 'RANDOMBYTESREQUEST', 'RANDOMPRIMEREQUEST', 'HASHREQUEST'),
  ...nameAll('crypto', 'SIGNREQUEST', 'VERIFYREQUEST', 'CIPHERREQUEST', 'KEYGENREQUEST', 'KEYPAIRGENREQUEST'),
  ...nameAll('crypto', 'DERIVEBITSREQUEST', 'HKDFREQUEST'),
  ...nameAll('network', 'TCPCONNECTWRAP', 'TCPWRAP', 'TLSWRAP', 'WRITEWRAP', 'SHUTDOWNWRAP', 'PIPECONNECTWRAP'),
  ...nameAll('network', 'PIPEWRAP', 'UDPSENDWRAP', 'HTTPCLIENTREQUEST', 'STREAMPIPE', 'HTTP2SESSION', 'HTTP2STREAM'),
  ...nameAll('request body', 'HTTPINCOMINGMESSAGE'),
  ...nameAll('timer', 'Timeout'),
  ...nameAll('setImmediate', 'Immediate'),
  ...nameAll('child process', 'PROCESSWRAP'),
  ...nameAll('worker', 'WORKER', 'MESSAGEPORT'),
  ...nameAll('promise', 'PROMISE'),
  ...nameAll('callback', 'CALLBACK'),
])

function nameAll(what: string, ...types: readonly string[]): [type: string, what: string][] {
  return types.map(type => [type, what])
}

/** Returns what code of the request waited for if it waited for a resource of this type. */
export function nameWait(type: string): string {
  return WAITS.get(type) ?? 'unknown'
}

/** Types of resources that are ready to run as soon as they are created. */
export const READY_AT_ONCE = new Set(['TickObject', 'Immediate', 'Microtask'])
/** Waits for work that always runs in the thread pool. */
export const POOL_WORK = new Set(['crypto', 'zlib'])
/** Waits for work that may run in the thread pool. */
export const MAY_QUEUE_IN_POOL = new Set(['fs', 'dns'])

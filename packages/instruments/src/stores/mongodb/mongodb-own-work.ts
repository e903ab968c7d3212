import { suppress } from '@osprofiler/core'
import { Object, Reflect } from '@osprofiler/core/toolkit'
import { whenLoaded } from '../../loading/library-loads.js'
import { aroundOwnWork } from '../../wrapping/keep-context.js'
import { type Around, undoAll, wrapMethod, wrapMethods } from '../../wrapping/wrap-method.js'

/** By file and class: what the client does to watch its servers and to keep its connections. */
const OWN_WORK: readonly (readonly [file: string, name: string, methods: readonly string[]])[] = [
  ['lib/sdam/monitor.js', 'Monitor', ['connect', 'requestCheck', 'reset']],
  ['lib/sdam/srv_polling.js', 'SrvPoller', ['start', 'schedule']],
  ['lib/sdam/topology.js', 'Topology', ['connect', 'serverUpdateHandler', 'detectSrvRecords']],
  ['lib/cmap/connection_pool.js', 'ConnectionPool', ['createConnection', 'ensureMinPoolSize']],
  // Its events go on for as long as the stream is open.
  ['lib/change_stream.js', 'ChangeStream', ['_streamEvents']],
]

/**
 * Has what mongodb's client does by itself belong to no trace, even if a traced request woke it: monitors, polls of DNS,
 * connections. So it is with what change streams and tailable cursors ask for as long as they are open.
 */
export function wrapMongodbOwnWork(): () => void {
  const wrapIn = (file: string, name: string, wrap: (prototype: object) => () => void) =>
    whenLoaded('mongodb', exports => wrap(prototypeOf(exports, name)), { file })
  return undoAll([
    ...OWN_WORK.map(([file, name, methods]) =>
      wrapIn(file, name, holder => wrapMethods(holder, methods, aroundOwnWork)),
    ),
    wrapIn('lib/cursor/abstract_cursor.js', 'AbstractCursor', holder =>
      undoAll([wrapMethod(holder, 'getMore', aroundGetMore), wrapMethod(holder, 'stream', aroundStream)]),
    ),
  ])
}

interface Cursor {
  readonly cursorOptions?: { readonly tailable?: boolean }
}

function staysOpen(cursor: Cursor): boolean {
  return cursor.cursorOptions?.tailable === true
}

/** The command that opens such a cursor is a request's own. */
const aroundGetMore: Around = (original, self, args) =>
  staysOpen(self as Cursor) ? aroundOwnWork(original, self, args) : Reflect.apply(original, self, args)

/** What is read of a stream that stays open is no request's, and neither is what comes of it. */
const aroundStream: Around = (original, self, args) => {
  const stream = Reflect.apply(original, self, args) as { _read(size: number): void }
  if (!staysOpen(self as Cursor)) return stream
  const { _read } = stream
  const value = (size: number) => suppress(() => Reflect.apply(_read, stream, [size]))
  Object.defineProperty(stream, '_read', { value, writable: true, configurable: true })
  return stream
}

/** The prototype of a class that a file of the client exports; an empty object where a version lacks the class. */
export function prototypeOf(exports: unknown, name: string): object {
  const found = (exports as Readonly<Record<string, { readonly prototype: object } | undefined>>)[name]
  return found?.prototype ?? {}
}

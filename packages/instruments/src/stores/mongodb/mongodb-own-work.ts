import { suppress } from '@osprofiler/core'
import { Object, Reflect } from '@osprofiler/core/toolkit'
import type { WrappedFile } from '../../loading/wrap-library.js'
import { aroundOwnWork, wrapOwnWork } from '../../wrapping/keep-context.js'
import type { Around } from '../../wrapping/wrap-method.js'

interface Cursor {
  readonly cursorOptions?: { readonly tailable?: boolean }
}

function isTailable(cursor: Cursor): boolean {
  return cursor.cursorOptions?.tailable === true
}

/**
 * Runs later reads of a tailable cursor outside the trace. The command that opens the cursor belongs to its request.
 */
const aroundGetMore: Around = (proceed, self, args) =>
  isTailable(self as Cursor) ? aroundOwnWork(proceed, self, args) : proceed(args)

/**
 * Runs the reads of a tailable cursor's stream outside the trace, because the stream stays open longer than its
 * request. Any work that these reads cause is untraced too.
 */
const aroundStream: Around = (proceed, self, args) => {
  const stream = proceed(args) as { _read(size: number): void }
  if (!isTailable(self as Cursor)) return stream
  const { _read } = stream
  const value = (size: number) => suppress(() => Reflect.apply(_read, stream, [size]))
  Object.defineProperty(stream, '_read', { value, writable: true, configurable: true })
  return stream
}

/**
 * Methods that do the client's own work, or read open change streams and tailable cursors. This work belongs to no
 * trace.
 */
export const MONGODB_OWN_WORK: readonly WrappedFile[] = [
  { file: 'lib/sdam/monitor.js', classes: { Monitor: wrapOwnWork('connect', 'requestCheck', 'reset') } },
  { file: 'lib/sdam/srv_polling.js', classes: { SrvPoller: wrapOwnWork('start', 'schedule') } },
  {
    file: 'lib/sdam/topology.js',
    classes: { Topology: wrapOwnWork('connect', 'serverUpdateHandler', 'detectSrvRecords') },
  },
  {
    file: 'lib/cmap/connection_pool.js',
    classes: { ConnectionPool: wrapOwnWork('createConnection', 'ensureMinPoolSize') },
  },
  { file: 'lib/change_stream.js', classes: { ChangeStream: wrapOwnWork('_streamEvents') } },
  {
    file: 'lib/cursor/abstract_cursor.js',
    classes: { AbstractCursor: { getMore: aroundGetMore, stream: aroundStream } },
  },
]

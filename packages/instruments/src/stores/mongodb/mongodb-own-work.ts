import { suppress } from '@osprofiler/core'
import { Object, Reflect } from '@osprofiler/core/toolkit'
import type { WrappedFile } from '../../loading/wrap-library.js'
import { aroundOwnWork, ownWork } from '../../wrapping/keep-context.js'
import type { Around } from '../../wrapping/wrap-method.js'

interface Cursor {
  readonly cursorOptions?: { readonly tailable?: boolean }
}

function staysOpen(cursor: Cursor): boolean {
  return cursor.cursorOptions?.tailable === true
}

/** The command that opens such a cursor is a request's own. */
const aroundGetMore: Around = (proceed, self, args) =>
  staysOpen(self as Cursor) ? aroundOwnWork(proceed, self, args) : proceed(args)

/** What is read of a stream that stays open is no request's, and neither is what comes of it. */
const aroundStream: Around = (proceed, self, args) => {
  const stream = proceed(args) as { _read(size: number): void }
  if (!staysOpen(self as Cursor)) return stream
  const { _read } = stream
  const value = (size: number) => suppress(() => Reflect.apply(_read, stream, [size]))
  Object.defineProperty(stream, '_read', { value, writable: true, configurable: true })
  return stream
}

/**
 * Has what mongodb's client does by itself belong to no trace, even if a traced request woke it: monitors, polls of DNS,
 * connections. So it is with what change streams and tailable cursors ask for as long as they are open.
 */
export const MONGODB_OWN_WORK: readonly WrappedFile[] = [
  { file: 'lib/sdam/monitor.js', classes: { Monitor: ownWork('connect', 'requestCheck', 'reset') } },
  { file: 'lib/sdam/srv_polling.js', classes: { SrvPoller: ownWork('start', 'schedule') } },
  {
    file: 'lib/sdam/topology.js',
    classes: { Topology: ownWork('connect', 'serverUpdateHandler', 'detectSrvRecords') },
  },
  {
    file: 'lib/cmap/connection_pool.js',
    classes: { ConnectionPool: ownWork('createConnection', 'ensureMinPoolSize') },
  },
  // Its events go on for as long as the stream is open.
  { file: 'lib/change_stream.js', classes: { ChangeStream: ownWork('_streamEvents') } },
  {
    file: 'lib/cursor/abstract_cursor.js',
    classes: { AbstractCursor: { getMore: aroundGetMore, stream: aroundStream } },
  },
]

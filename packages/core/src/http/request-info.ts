import type { PointInfo } from '../record.js'
import { redactQuery } from '../secret-names.js'
import type { NodeRequest } from './node-messages.js'

/** What a served request's start record says: `info.request` `{path, query, method, scheme}`. */
export function requestInfo(req: NodeRequest, hideQuery: boolean): PointInfo {
  // Express and Connect cut the mount path off `url`, and keep the whole in `originalUrl`.
  const { originalUrl } = req as { originalUrl?: unknown }
  const url = typeof originalUrl === 'string' ? originalUrl : (req.url ?? '')
  const target = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const query = mark === -1 || hideQuery ? '' : redactQuery(target.slice(mark + 1))
  const { encrypted } = (req.socket ?? {}) as { encrypted?: boolean }
  return { request: { path, query, method: req.method ?? '', scheme: encrypted ? 'https' : 'http' } }
}

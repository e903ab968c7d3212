import type { PointInfo } from '../record/trace-record.js'
import { redactQuery } from '../secrets/redact-text.js'
import type { NodeRequest } from './response/node-messages.js'

/**
 * Returns the info of the start record of a served request. `wholeUrl` is the requested URL, for frameworks that strip
 * a path from `req.url`.
 */
export function requestInfo(req: NodeRequest, hideQuery: boolean, wholeUrl: string | undefined): PointInfo {
  // Express, Connect and Fastify keep the whole URL in `originalUrl`.
  const { originalUrl } = req as { originalUrl?: unknown }
  const url = typeof originalUrl === 'string' ? originalUrl : (wholeUrl ?? req.url ?? '')
  const target = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const query = mark === -1 || hideQuery ? '' : redactQuery(target.slice(mark + 1))
  const { encrypted } = (req.socket ?? {}) as { encrypted?: boolean }
  return { request: { path, query, method: req.method ?? '', scheme: encrypted ? 'https' : 'http' } }
}

import { Symbol } from '@osprofiler/core/toolkit'
import { createOverrides, defineHidden } from '../../wrapping/override-methods.js'
import type { Around } from '../../wrapping/wrap-method.js'
import type { RequestProgress } from '../request-progress.js'
import type { UndiciRequest } from './undici-request.js'

const UPGRADE = Symbol('osprofiler.upgrade')

/**
 * Ends the point when the response changes the connection's protocol. undici 5 does not publish such a response on a
 * channel.
 */
export function watchUpgrade(request: UndiciRequest, progress: RequestProgress): void {
  if (request.upgrade && overrideUpgrade(request)) defineHidden(request, UPGRADE, progress)
}

const aroundUpgrade: Around = (proceed, self, args) => {
  const result = proceed(args)
  const [status] = args
  // For HTTP/2, `status` is not a number, and the channels report the response later.
  if (typeof status === 'number') (self as { [UPGRADE]?: RequestProgress })[UPGRADE]?.endUpgraded(status)
  return result
}

const overrideUpgrade = createOverrides({ onUpgrade: aroundUpgrade, onRequestUpgrade: aroundUpgrade })

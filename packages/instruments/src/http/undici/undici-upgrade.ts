import { Symbol } from '@osprofiler/core/toolkit'
import { createOverrides, defineHidden } from '../../wrapping/override-methods.js'
import type { Around } from '../../wrapping/wrap-method.js'
import type { RequestProgress } from '../request-progress.js'
import type { UndiciRequest } from './undici-request.js'

const UPGRADE = Symbol('osprofiler.upgrade')

/** Ends the point of a request whose connection becomes something else: undici 5 does not tell of such an answer. */
export function watchUpgrade(request: UndiciRequest, times: RequestProgress): void {
  if (request.upgrade && overrideUpgrade(request)) defineHidden(request, UPGRADE, times)
}

const takeUpgrade: Around = (proceed, self, args) => {
  const result = proceed(args)
  const [status] = args
  // HTTP/2 tells later, by its channels.
  if (typeof status === 'number') (self as { [UPGRADE]?: RequestProgress })[UPGRADE]?.becameOther(status)
  return result
}

const overrideUpgrade = createOverrides({ onUpgrade: takeUpgrade, onRequestUpgrade: takeUpgrade })

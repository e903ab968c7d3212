import { Reflect, Symbol } from '@osprofiler/core/toolkit'
import { defineHidden, type Override } from '../../wrapping/override-methods.js'
import type { RequestProgress } from '../request-progress.js'
import { createRequestOverrides } from './override-request.js'
import type { UndiciRequest } from './undici-request.js'

const UPGRADE = Symbol('osprofiler.upgrade')

/** Ends the point of a request whose connection becomes something else: undici 5 does not tell of such an answer. */
export function watchUpgrade(request: UndiciRequest, times: RequestProgress): void {
  if (request.upgrade && overrideUpgrade(request)) defineHidden(request, UPGRADE, times)
}

const takeUpgrade: Override = (original, self, args) => {
  const result = Reflect.apply(original, self, args)
  const [status] = args
  // HTTP/2 tells later, by its channels.
  if (typeof status === 'number') (self as { [UPGRADE]?: RequestProgress })[UPGRADE]?.becameOther(status)
  return result
}

const overrideUpgrade = createRequestOverrides(['onUpgrade', 'onRequestUpgrade'], takeUpgrade)

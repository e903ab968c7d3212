import { createTraceId, KeyRing, signedPack, signedUnpack } from '@osprofiler/core'
import { callOften } from '../repeat.js'

export const COUNT = 200

export function createWorkload() {
  const ring = new KeyRing('NEW_KEY,OLD_KEY')
  const headers = Array.from({ length: COUNT }, () =>
    signedPack({ base_id: createTraceId(), parent_id: createTraceId() }, 'NEW_KEY'),
  )
  return {
    verification: callOften(i => {
      const [info, hmac] = headers[i]
      if (signedUnpack(info, hmac, ring) === undefined) throw new Error('A valid signature was refused')
    }),
  }
}

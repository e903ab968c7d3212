import { run, signedUnpack } from '@osprofiler/core'
import { createTicketVerifier } from '@osprofiler/core/toolkit'

const keys = process.env.OSPROFILER_HMAC_KEYS.split(',')
const verify = createTicketVerifier({ keys, audience: ['socket.example'] })

/** Serves a call over a socket, traced if its pair and its ticket are valid. */
export function serve({ info, hmac, ticket }, handle) {
  const trace = signedUnpack(info, hmac, keys)
  if (trace === undefined || !verify({ info, hmac, ticket }).valid) return handle()
  return run({ ...trace, ticket }, handle)
}

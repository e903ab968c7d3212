import { run, signedUnpack } from '@osprofiler/core'
import { createTicketVerifier } from '@osprofiler/core/toolkit'

const keys = process.env.OSPROFILER_HMAC_KEYS.split(',')
const verify = createTicketVerifier({ keys, audience: ['socket.example'] })

/**
 * Handles a call that arrived over a socket. The call is traced if its pair (`info` and `hmac`) and its ticket are
 * valid.
 */
export function serve({ info, hmac, ticket }, handle) {
  const trace = signedUnpack(info, hmac, keys)
  if (trace === undefined || !verify({ info, hmac, ticket }).valid) return handle()
  return run({ ...trace, ticket }, handle)
}

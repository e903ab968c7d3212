import { createTraceId, signedPack } from '@osprofiler/core'
import { createTicketVerifier, signTicket } from '@osprofiler/core/toolkit'

const key = 'a key that callers and services share'
const verify = createTicketVerifier({ keys: key, audience: ['shop.example'] }) // remembers the tickets of its process

const baseId = createTraceId()
const [info, hmac] = signedPack({ base_id: baseId, parent_id: baseId }, key)
const iat = Date.now() / 1_000
const ticket = signTicket({ key, info, iat, exp: iat + 60, aud: 'shop.example', points: 1_000, wants: ['answer'] })

console.log(JSON.stringify(verify({ info, hmac, ticket }))) // {"valid":true,"points":1000,"wants":["answer"]}
console.log(JSON.stringify(verify({ info, hmac, ticket }))) // {"valid":false,"reason":"replayed"}

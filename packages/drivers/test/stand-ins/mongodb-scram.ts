import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'
import { CommandFailure } from './mongodb-query.js'

const ITERATIONS = 4_096

/** The server's side of one user's SCRAM-SHA-256 conversation (RFC 7677). */
export interface Conversation {
  start(payload: string): string
  /** @throws CommandFailure for a wrong password */
  finish(payload: string): string
}

export function createConversation(username: string, password: string): Conversation {
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256')
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest()
  let bare = ''
  let challenge = ''
  return {
    start(payload) {
      bare = payload.slice(payload.indexOf('n='))
      const { n, r } = readAttributes(bare)
      if (n !== username) throw refused()
      challenge = `r=${r}${randomBytes(18).toString('base64')},s=${salt.toString('base64')},i=${ITERATIONS}`
      return challenge
    },
    finish(payload) {
      const withoutProof = payload.slice(0, payload.lastIndexOf(',p='))
      const text = `${bare},${challenge},${withoutProof}`
      const signature = hmac(storedKey, text)
      const proof = Buffer.from(payload.slice(payload.lastIndexOf(',p=') + 3), 'base64')
      const clientKey = Buffer.from(signature.map((byte, index) => byte ^ (proof[index] ?? 0)))
      if (!timingSafeEqual(createHash('sha256').update(clientKey).digest(), storedKey)) throw refused()
      return `v=${hmac(hmac(salted, 'Server Key'), text).toString('base64')}`
    },
  }
}

function refused(): CommandFailure {
  return new CommandFailure(18, 'AuthenticationFailed', 'Authentication failed.')
}

function readAttributes(text: string): Record<string, string> {
  return Object.fromEntries(text.split(',').map(part => [part.slice(0, 1), part.slice(2)]))
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

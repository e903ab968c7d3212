import { describe, expect, it } from 'vitest'
import { MAY_QUEUE_IN_POOL, nameWait, POOL_WORK, READY_AT_ONCE } from '../src/why/account/resource-waits.js'

describe('the name of a wait', () => {
  it.each([
    ['Timeout', 'timer'],
    ['FSREQPROMISE', 'fs'],
    ['GETADDRINFOREQWRAP', 'dns'],
    ['PBKDF2REQUEST', 'crypto'],
    ['ZLIB', 'zlib'],
    ['TCPCONNECTWRAP', 'network'],
    ['HTTPINCOMINGMESSAGE', 'request body'],
    ['PROCESSWRAP', 'child process'],
    ['PROMISE', 'promise'],
    ['CALLBACK', 'callback'],
  ])('for a resource of the type %s is %s', (type, name) => {
    expect(nameWait(type)).toBe(name)
  })

  it.each(['MYRESOURCE', '', 'toString', '__proto__'])('is unknown for a type that Node does not have: %j', type => {
    expect(nameWait(type)).toBe('unknown')
  })
})

describe('the kinds of waits', () => {
  it('separate work that always runs in the thread pool from work that may run there', () => {
    expect([...POOL_WORK].filter(name => MAY_QUEUE_IN_POOL.has(name))).toEqual([])
    expect(POOL_WORK.has(nameWait('HASHREQUEST'))).toBe(true)
    expect(MAY_QUEUE_IN_POOL.has(nameWait('FILEHANDLE'))).toBe(true)
  })

  it('do not include resources that are ready at once', () => {
    expect(READY_AT_ONCE.has('TickObject')).toBe(true)
    expect(READY_AT_ONCE.has('PROMISE')).toBe(false)
  })
})

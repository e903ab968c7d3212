import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  describeRedisBatch,
  describeRedisCommand,
  type RedisCommand,
  redactRedisError,
} from '../src/stores/redis/redis-statement.js'

const KNOWN = ['GET', 'set', 'HSET', 'XREAD', 'BLPOP', 'PUBLISH', 'JSON.SET', 'FT.SEARCH', 'MODULE_OF_YOURS', 'nosuch']
/** Commands whose arguments may be passwords or scripts. */
const SEALED = ['AUTH', 'auth', 'HELLO', 'EVAL', 'evalsha', 'FCALL', 'MIGRATE']
const SEALED_CONTAINERS = ['CONFIG SET', 'ACL SETUSER', 'acl getuser', 'SCRIPT LOAD', 'FUNCTION LOAD', 'SENTINEL SET']
const CONTAINERS = ['CLIENT SETNAME', 'OBJECT ENCODING', 'xgroup CREATE', 'PUBSUB NUMSUB']
/** Entire command lines, as a user would type them, that a program passes as a command name. */
const LINES = ['AUTH SEALED', 'SET key SEALED', "EVAL 'SEALED' 0", '>SEALED', 'SEALED\r\nGET a', '', ' SEALED']

const argument = fc.oneof(
  fc.constantFrom<unknown>('SEALED', 'on', '>SEALED', 'requirepass', 'AUTH2', 'BLOCK', '0', Buffer.from('SEALED'), 42),
  fc.tuple(fc.string(), fc.string()).map(([before, after]) => `${before}SEALED${after}`),
  fc.constantFrom<unknown>(null, undefined, { SEALED: 'SEALED' }, ['SEALED'], Symbol('SEALED')),
)

function commandOf(names: readonly string[]): fc.Arbitrary<RedisCommand> {
  return fc.tuple(fc.constantFrom(...names), fc.array(argument, { maxLength: 12 })).map(([name, args]) => {
    const [first = '', ...words] = LINES.includes(name) ? [name] : name.split(' ')
    return { name: first, args: [...words, ...args] }
  })
}

const sealed = commandOf([...SEALED, ...SEALED_CONTAINERS])
const any = commandOf([...KNOWN, ...SEALED, ...SEALED_CONTAINERS, ...CONTAINERS, ...LINES])

/** Returns what a record would contain about an error. */
function told(error: unknown): string {
  return error instanceof Error ? `${error.name} ${error.message}` : String(error)
}

describe('the record of a Redis command', () => {
  it('contains no argument, and no command line that was passed as a command name', () => {
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 12 }), fc.boolean(), (commands, transaction) => {
        for (const command of commands)
          expect(JSON.stringify(describeRedisCommand(command, false))).not.toContain('SEALED')
        expect(JSON.stringify(describeRedisBatch(commands, transaction, false))).not.toContain('SEALED')
      }),
    )
  })

  it('contains no argument that may be a password or a script, even if values are recorded', () => {
    fc.assert(
      fc.property(fc.array(sealed, { minLength: 1, maxLength: 12 }), fc.boolean(), (commands, transaction) => {
        for (const command of commands)
          expect(JSON.stringify(describeRedisCommand(command, true))).not.toContain('SEALED')
        expect(JSON.stringify(describeRedisBatch(commands, transaction, true))).not.toContain('SEALED')
      }),
    )
  })

  it("contains no argument in the server's error message", () => {
    const says = fc.constantFrom<(text: string) => string>(
      text => `ERR unknown command '${text}', with args beginning with: '${text}' '${text}'`,
      text => `WRONGTYPE ${text}`,
      text => `ERR Error in ACL SETUSER modifier '${text}': Syntax error`,
    )
    fc.assert(
      fc.property(any, says, (command, say) => {
        const texts = command.args.filter(arg => typeof arg === 'string' && arg.includes('SEALED'))
        const error = Object.assign(new Error(say(String(texts[0] ?? ''))), { name: 'ReplyError' })

        expect(told(redactRedisError(error, [command], false))).not.toContain('SEALED')
      }),
    )
  })
})

it('shows only the name of an unknown command, and how many arguments it has', () => {
  expect(describeRedisCommand({ name: 'nosuch', args: ['a', 'b'] }, false)).toMatchObject({
    db: { statement: 'NOSUCH ? ?' },
  })
})

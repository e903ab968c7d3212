import { describe, expect, it } from 'vitest'
import {
  findCommands,
  findElements,
  findFlags,
  findIdentified,
  findPragmaKeys,
  findQuoted,
  findSchemes,
} from '../src/secrets/finders/secret-phrases.js'
import { redactedBy } from './fixtures/redacted-by.js'

describe('a secret in a phrase', () => {
  it.each([
    ['after Bearer', findSchemes, 'Bearer SEALED1', 'Bearer ***'],
    ['after Basic', findSchemes, 'basic Ym9iOnNlYWxlZA==', 'basic ***'],
    ['after an option', findFlags, 'run --password SEALED --user bob', 'run --password *** --user bob'],
    [
      'in an SQL statement that changes a user',
      findQuoted,
      "alter user bob password 'SEALED'",
      "alter user bob password '***'",
    ],
    [
      'in an SQL statement that attaches a database',
      findQuoted,
      "attach 'a.db' as b key 'SEALED'",
      "attach 'a.db' as b key '***'",
    ],
    [
      'in an Oracle statement that changes a user',
      findIdentified,
      'alter user bob identified by SEALED',
      'alter user bob identified by ***',
    ],
    ['in a SQLCipher pragma', findPragmaKeys, "PRAGMA key = 'SEALED'", "PRAGMA key = '***'"],
    ['in an XML element', findElements, '<a><password>SEALED</password></a>', '<a><password>***</password></a>'],
    [
      'in an XML property list',
      findElements,
      '<key>token</key><string>S</string>',
      '<key>token</key><string>***</string>',
    ],
    ['in the options of a command', findCommands, 'redis-cli -a SEALED get a', 'redis-cli -a *** get a'],
    ['in a command of a network protocol', findCommands, 'AUTH SEALED', 'AUTH ***'],
  ] as const)('is hidden %s', (_, find, text, shown) => {
    expect(redactedBy(find, text)).toBe(shown)
  })

  it.each([
    [findSchemes, 'Bearer realm="api"'],
    [findSchemes, 'basic usage of bearer tokens'],
    [findFlags, 'run --password --user bob'],
    [findQuoted, "password is required 'here'"],
    [findElements, '<name>bob</name>'],
    [findCommands, 'PASS src/login.test.js'],
    [findCommands, 'docker run -p 8080:80'],
  ] as const)('is not found in a text without secrets: %o %s', (find, text) => {
    expect(redactedBy(find, text)).toBe(text)
  })
})

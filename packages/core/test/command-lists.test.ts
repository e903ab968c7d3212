import { expect, it } from 'vitest'
import { redactOption } from '../src/secrets/command-lists.js'

function redact(list: readonly unknown[]): readonly unknown[] {
  return list.map((value, index) => redactOption(list, index) ?? value)
}

it.each<[readonly unknown[], readonly unknown[]]>([
  [
    ['mysql', '-u', 'bob', '-pS', 'shop'],
    ['mysql', '-u', 'bob', '-p***', 'shop'],
  ],
  [
    ['/usr/bin/redis-cli', '-a', 'S'],
    ['/usr/bin/redis-cli', '-a', '***'],
  ],
  [
    ['curl', '-u', 'bob:S'],
    ['curl', '-u', '***'],
  ],
  [
    ['curl', '-ubob:S', 'http://host'],
    ['curl', '-ubob:***', 'http://host'],
  ],
  [
    ['docker', 'login', '-p', 'S'],
    ['docker', 'login', '-p', '***'],
  ],
  [
    ['sqlcmd.exe', '-P', 'S'],
    ['sqlcmd.exe', '-P', '***'],
  ],
])('redactOption() hides the secret after a command option: %j', (list, shown) => {
  expect(redact(list)).toEqual(shown)
})

it.each<[readonly unknown[]]>([
  [['docker', 'run', '-p', '8080:80']],
  [['mkdir', '-p', 'a/b']],
  [['curl', '-u', 'bob']],
  [['ls', '-a', 'b', 7, null]],
])('redactOption() keeps the value of an option that is not for secrets: %j', list => {
  expect(redact(list)).toEqual(list)
})

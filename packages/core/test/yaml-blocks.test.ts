import { expect, it } from 'vitest'
import { readYamlBlock } from '../src/secrets/values/yaml-blocks.js'

function read(text: string): readonly string[] | undefined {
  return readYamlBlock(text, text.indexOf(':') + 1)?.spans.map(({ start, end }) => text.slice(start, end))
}

it.each([
  ['key:\n  abc\n  def\nnext: 1', ['abc', 'def']],
  ['key: |-\n  line one\n  line two\n', undefined],
  ['key:\n  - abc\n  - def', ['abc', 'def']],
  ['key:\n  user: bob\n  pin: 12\n', ['bob', '12']],
  ['key:\n- abc\nnext: 1', ['abc']],
  ['key: abc', undefined],
  ['key:\nnext: 1', undefined],
  ['Error:\n    at main (a.js:1:2)', undefined],
])('readYamlBlock() reads the values from the lines after a name: %j', (text, values) => {
  expect(read(text)).toEqual(values)
})

it('readYamlBlock() reads each line of a block scalar', () => {
  const text = 'key: |\n  line: one\n  line two\nnext: 1'

  expect(readYamlBlock(text, 5)?.spans.map(({ start, end }) => text.slice(start, end))).toEqual([
    'line: one',
    'line two',
  ])
})

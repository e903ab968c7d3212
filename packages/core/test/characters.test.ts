import { expect, it } from 'vitest'
import { isBlank, isLineEnd, isNameCharacter, isQuote } from '../src/secrets/values/characters.js'

function those(is: (code: number) => boolean): string {
  return Array.from({ length: 128 }, (_, code) => String.fromCharCode(code))
    .filter(character => is(character.charCodeAt(0)))
    .join('')
}

it('recognizes the characters that end or form a name', () => {
  expect(those(isBlank)).toBe('\t ')
  expect(those(isLineEnd)).toBe('\n\r')
  expect(those(isQuote)).toBe('"\'`')
  expect(those(isNameCharacter)).toBe('$%-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz')
  expect(isNameCharacter('é'.charCodeAt(0))).toBe(true)
})

import { expect, it } from 'vitest'
import { isBlank, isLineEnd, isNameCharacter, isQuote } from '../src/secrets/values/characters.js'

function charactersThat(is: (code: number) => boolean): string {
  return Array.from({ length: 128 }, (_, code) => String.fromCharCode(code))
    .filter(character => is(character.charCodeAt(0)))
    .join('')
}

it('isBlank(), isLineEnd(), isQuote() and isNameCharacter() recognize only characters of their kind', () => {
  expect(charactersThat(isBlank)).toBe('\t ')
  expect(charactersThat(isLineEnd)).toBe('\n\r')
  expect(charactersThat(isQuote)).toBe('"\'`')
  expect(charactersThat(isNameCharacter)).toBe('$%-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz')
  expect(isNameCharacter('é'.charCodeAt(0))).toBe(true)
})

import { expect, it } from 'vitest'
import { describesSecret } from '../src/secrets/names/describing-names.js'
import { wordsOf } from '../src/secrets/names/name-words.js'

it.each(['passwordLength', 'tokenCount', 'max_tokens', 'hasCookie', 'kms_key_id', 'prompt_tokens', 'passwordless'])(
  'describesSecret() treats the value of %s as information about a secret',
  name => {
    expect(describesSecret(wordsOf(name))).toBe(true)
  },
)

it.each(['password', 'accessKeyId', 'userToken', 'tokens'])(
  'describesSecret() does not treat the value of %s as information about a secret',
  name => {
    expect(describesSecret(wordsOf(name))).toBe(false)
  },
)

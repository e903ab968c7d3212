import { hide, type Span } from './spans.js'

// `password is ...`, `Password (...)`, `requirepass ...`, `ENV SECRET ...`: what follows has letters and a digit.
const SENTENCE =
  /(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|apikey|masterauth|_key)(?:\s{1,4}(?:is|was|to|->|=>))?(?:\s{1,4}\(?|[|~])["'`“]?(?=[^\s"'`()]{0,64}\d)(?=[^\s"'`()]{0,64}[A-Za-z])([^\s"'`()<>,;]{6,})/gi

/** Whether a text may say a secret in a sentence. */
export function hasSentence(text: string): boolean {
  return text.length >= 10 && /[ \t|~]/.test(text) && MAY_SAY.test(text)
}

const MAY_SAY = /ass|pwd|ecret|oken|pi[kK]ey|PASS|SECRET|TOKEN|_KEY|masterauth/

/** Finds what follows the name of a secret and a blank. */
export function findSentences(text: string, spans: Span[]): void {
  SENTENCE.lastIndex = 0
  for (let match = SENTENCE.exec(text); match !== null; match = SENTENCE.exec(text)) {
    const [, value = ''] = match
    hide(spans, SENTENCE.lastIndex - value.length, SENTENCE.lastIndex)
  }
}

import { hideGroups, type Span } from '../values/text-spans.js'

// Matches `password is ...`, `Password (...)`, `requirepass ...` and `ENV SECRET ...`, if the value contains letters
// and a digit.
const SENTENCE =
  /(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|apikey|masterauth|_key)(?:\s{1,4}for\s{1,4}(?:(?:the\s{1,4})?user\s{1,4})?[^\s]{1,64}(?=\s{1,4}is\s))?(?:\s{1,4}(?:is|was|to|->|=>))?(?:\s{1,4}\(?|[|~])["'`“]?(?=[^\s"'`()]{0,64}\d)(?=[^\s"'`()]{0,64}[A-Za-z])([^\s"'`()<>,;]{6,})/gi

/**
 * Returns whether a text may state a secret in a sentence. Most texts do not, so the slower `findSentences` is not
 * needed for them.
 */
export function mayHaveSentence(text: string): boolean {
  return text.length >= 10 && /[ \t|~]/.test(text) && MAY_TELL_SECRET.test(text)
}

const MAY_TELL_SECRET =
  /code is |CODE IS |identified by|IDENTIFIED BY|ass|pwd|ecret|oken|pi[kK]ey|PASS|SECRET|TOKEN|_KEY|masterauth/

// Matches `Your verification code is 839274`.
const CODE =
  /(?:verification|security|login|auth\w{0,16}|sign-?in|one[- ]time|otp|confirmation|access|recovery|activation|pin|sms|2fa)\s{1,4}code\s{1,4}is:?\s{1,4}(\d[\d -]{2,10}\d)/gi

/** Finds secrets that a sentence states: `password is ...`, `Your verification code is 839274`. */
export function findSentences(text: string, spans: Span[]): void {
  hideGroups(SENTENCE, text, spans)
  hideGroups(CODE, text, spans)
}

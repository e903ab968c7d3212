import { RegExp, String } from '../../platform/platform.js'
import { isSecretName } from '../names/secret-names.js'
import { forEachMatch, hideGroups, hideSpan, type Span } from '../values/text-spans.js'

/** Addresses whose path is a secret, because anyone who knows the end of the path may post to them. */
const WEBHOOK_PATTERNS = [
  String.raw`hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/`,
  String.raw`api\.telegram\.org/(?:file/)?bot`,
  String.raw`discord(?:app)?\.com/api/(?:v\d{1,2}/)?webhooks/\d{1,24}/`,
  String.raw`\.webhook\.office\.com/webhookb2/`,
  String.raw`outlook\.office(?:365)?\.com/webhook/`,
  String.raw`hooks\.zapier\.com/hooks/(?:catch|standard)/`,
  String.raw`maker\.ifttt\.com/trigger/[^\s/]{1,64}/(?:json/)?with/key/`,
  String.raw`open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/`,
  String.raw`hc-ping\.com/`,
  String.raw`hook(?:\.\w{2,4})?\.(?:integromat|make)\.com/`,
  String.raw`hooks\.chime\.aws/incomingwebhooks/`,
]
const MAY_BE_WEBHOOK = /hook|telegram|ifttt|hc-ping/i
const WEBHOOK = new RegExp(String.raw`(?:${WEBHOOK_PATTERNS.join('|')})([^\s"'<>\x60?#]+)`, 'gi')
// Matches a link for setting a new password: a path with a secret name, followed by a long part that contains digits.
const NAMED_PART = /\/([A-Za-z][\w-]{2,40})\/((?=[\w.~%-]{0,60}\d)[\w.~%-]{16,})/g

// `LINK_NAMES` matches names in links that are sent by email. `CHAT_WEBHOOK` matches webhooks of Mattermost and
// Rocket.Chat.
const LINK_NAMES =
  /^(?:resets?|invit(?:es?|ations?)|join|verify|verify[-_]?e?mail|verification|confirm|confirm[-_]?e?mail|confirmation|activate|activation|magic|magic[-_]?(?:links?|login)|hooks)$/i
const CHAT_WEBHOOK = /\/hooks\/[A-Za-z0-9]{8,32}\/([A-Za-z0-9]{16,})/g

/** Returns whether a long part of a value mixes letters and digits. For example, `step-1-of-2` has no such part. */
function looksRandom(value: string): boolean {
  return value.split(/[-_.~]/).some(part => part.length >= 8 && /\d/.test(part) && /[A-Za-z]/.test(part))
}

/**
 * Finds secrets in the paths of URLs: webhook addresses, and links that reset a password or confirm an email address.
 */
export function findSecretPaths(text: string, spans: Span[]): void {
  if (MAY_BE_WEBHOOK.test(text)) findWebhooks(text, spans)
  if (text.includes('/hooks/')) hideGroups(CHAT_WEBHOOK, text, spans)
  forEachMatch(NAMED_PART, text, ({ 0: all, 1: name = '', 2: value = '', index }) => {
    if (isSecretName(name) || (LINK_NAMES.test(name) && looksRandom(value)))
      hideSpan(spans, index + all.length - value.length, NAMED_PART.lastIndex)
    else NAMED_PART.lastIndex = index + name.length + 1
  })
}

function findWebhooks(text: string, spans: Span[]): void {
  forEachMatch(WEBHOOK, text, ([all, tail = '']) => {
    const start = WEBHOOK.lastIndex - tail.length
    // In Telegram's and Discord's addresses, a method or message follows the token, so only the token is hidden.
    const slash = /^(?:api\.telegram|discord)/i.test(all) ? tail.indexOf('/') : -1
    hideSpan(spans, start, slash === -1 ? WEBHOOK.lastIndex : start + slash)
  })
}

import { RegExp, String } from '../platform.js'
import { isSecretName } from './secret-names.js'
import { hide, type Span } from './spans.js'

/** Addresses that are secrets themselves: whoever knows the end of the path may post there. */
const POSTS = [
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
const MAY_POST = /hook|telegram|ifttt|hc-ping/i
const POST = new RegExp(String.raw`(?:${POSTS.join('|')})([^\s"'<>\x60?#]+)`, 'gi')
// A link to set a new password: a long part with digits behind a part that is called after a secret.
const PART = /\/([A-Za-z][\w-]{2,40})\/((?=[\w.~%-]{0,60}\d)[\w.~%-]{16,})/g

/** Finds secrets in the paths of URLs. */
export function findSecretPaths(text: string, spans: Span[]): void {
  if (MAY_POST.test(text)) findPosts(text, spans)
  PART.lastIndex = 0
  for (let match = PART.exec(text); match !== null; match = PART.exec(text)) {
    const [all, name = '', value = ''] = match
    if (isSecretName(name)) hide(spans, match.index + all.length - value.length, PART.lastIndex)
    else PART.lastIndex = match.index + name.length + 1
  }
}

function findPosts(text: string, spans: Span[]): void {
  POST.lastIndex = 0
  for (let match = POST.exec(text); match !== null; match = POST.exec(text)) {
    const [all, tail = ''] = match
    const start = POST.lastIndex - tail.length
    // Telegram's methods and Discord's messages stand behind the token.
    const slash = /^(?:api\.telegram|discord)/i.test(all) ? tail.indexOf('/') : -1
    hide(spans, start, slash === -1 ? POST.lastIndex : start + slash)
  }
}

/** Said where a body stands behind --json, as curl 7.82 and later take it. */
export const CURL_JSON =
  "--json is an option of `trace show` here: the trace as JSON. For curl's --json BODY give -d BODY -H 'Content-Type: application/json'."

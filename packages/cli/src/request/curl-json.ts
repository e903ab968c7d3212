/** The advice for a --json with a body, as in curl 7.82 and later. */
export const CURL_JSON =
  "--json is an option of `trace show` here: the trace as JSON. For curl's --json BODY give -d BODY -H 'Content-Type: application/json'."

/** A curl command for a request, as a browser copies it for a shell. `HOST` is a placeholder for the host. */
export interface CopiedRequest {
  readonly name: string
  readonly command: string
}

const CHROME = `-H 'Accept-Language: en-US,en;q=0.9' \\
  -H 'Connection: keep-alive' \\
  -b '_ga=GA1.1.1; session="a b"; theme=dark' \\
  -H 'Referer: http://HOST/shop' \\
  -H 'Sec-Fetch-Dest: empty' \\
  -H 'Sec-Fetch-Mode: cors' \\
  -H 'Sec-Fetch-Site: same-origin' \\
  -H 'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36' \\
  -H 'sec-ch-ua: "Chromium";v="142", "Not_A Brand";v="99"' \\
  -H 'sec-ch-ua-mobile: ?0' \\
  -H 'sec-ch-ua-platform: "Linux"'`

const FIREFOX = `-H 'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0' \\
  -H 'Accept: */*' \\
  -H 'Accept-Language: en-US,en;q=0.5' \\
  -H 'Accept-Encoding: gzip, deflate, br, zstd' \\
  -H 'Referer: http://HOST/shop' \\
  -H 'DNT: 1' \\
  -H 'Connection: keep-alive' \\
  -H 'Cookie: session=abc; theme=dark' \\
  -H 'Priority: u=0'`

/**
 * Requests in the exact spelling of Chrome, Firefox and other tools, with their quotes, `$'...'`, backslashes before
 * brackets, and order of options.
 */
export const COPIED: readonly CopiedRequest[] = [
  {
    name: 'a GET, by Chrome',
    command: `curl 'http://HOST/api/orders?filter\\[name\\]=a%20b&page=2' \\
  -H 'Accept: application/json, text/plain, */*' \\
  ${CHROME} \\
  --compressed \\
  --insecure`,
  },
  {
    name: 'a GET, by a newer Chrome',
    command: `curl --url $'http://HOST/api/orders\\u0021?filter\\[name\\]=\\{it\\'s\\}' \\
  -H 'accept: */*' \\
  -H 'x-empty;' \\
  ${CHROME} \\
  -H 'x-odd: 100\\u0025 "quoted" \\\\ back'`,
  },
  {
    name: 'a POST without a body, by a newer Chrome',
    command: `curl --url 'http://HOST/api/orders' -X 'POST' -H 'content-length: 0' ${CHROME}`,
  },
  {
    name: 'a POST of JSON, by Chrome',
    command: `curl --url 'http://HOST/api/orders' \\
  -H 'Accept: application/json' \\
  ${CHROME} \\
  -H 'Content-Type: application/json' \\
  -H 'Origin: http://HOST' \\
  --data-raw $'{"sku":7,"note":"it\\'s \\u0021 caf\\u00e9","path":"C:\\\\\\\\x"}'`,
  },
  {
    name: 'a POST of JSON that begins with @, by Chrome',
    command: `curl 'http://HOST/api/mail' -H 'Content-Type: text/plain' ${CHROME} --data-raw '@everyone'`,
  },
  {
    name: 'a PUT with a body, by Chrome',
    command: `curl 'http://HOST/api/orders/7' \\
  -X 'PUT' \\
  -H 'Accept: */*' \\
  ${CHROME} \\
  -H 'Content-Type: application/json' \\
  --data-raw '{"amount":2}'`,
  },
  {
    name: 'a DELETE, by Chrome',
    command: `curl 'http://HOST/api/orders/7' -X 'DELETE' -H 'Accept: */*' ${CHROME} -H 'Authorization: Bearer eyJ.a.b'`,
  },
  {
    name: 'a form, by Chrome',
    command: `curl 'http://HOST/login' \\
  -H 'Cache-Control: max-age=0' \\
  ${CHROME} \\
  -H 'Content-Type: application/x-www-form-urlencoded' \\
  -H 'Upgrade-Insecure-Requests: 1' \\
  --data-raw 'user=me%40shop.example&password=a%26b%21&next=%2F'`,
  },
  {
    name: 'a form with a file, by Chrome',
    command: `curl 'http://HOST/upload' \\
  ${CHROME} \\
  -H 'Content-Type: multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW' \\
  --data-raw $'------WebKitFormBoundary7MA4YWxkTrZu0gW\\r\\nContent-Disposition: form-data; name="file"; filename="a.txt"\\r\\nContent-Type: text/plain\\r\\n\\r\\n\\r\\n------WebKitFormBoundary7MA4YWxkTrZu0gW--\\r\\n'`,
  },
  {
    name: 'an HTTP/2 request, by an old Chrome',
    command: `curl 'http://HOST/a' -H 'authority: HOST' -H 'scheme: http' -H 'x-empty;' ${CHROME} --compressed`,
  },
  {
    name: 'a GET, by Firefox',
    command: `curl 'http://HOST/api/orders?page=2' --compressed ${FIREFOX}`,
  },
  {
    name: 'a POST of JSON, by Firefox',
    command: `curl 'http://HOST/api/orders' \\
  --compressed \\
  -X POST \\
  ${FIREFOX} \\
  -H 'Content-Type: application/json' \\
  --data-raw '{"sku":7,"name":"Zoë"}'`,
  },
  {
    name: 'a form, by Firefox',
    command: `curl 'http://HOST/login' --compressed -X POST ${FIREFOX} -H 'Content-Type: application/x-www-form-urlencoded' --data-raw 'user=me&password=a+b'`,
  },
  {
    name: 'a form with a file, by Firefox',
    command: `curl 'http://HOST/upload' \\
  --compressed \\
  -X POST \\
  ${FIREFOX} \\
  -H 'Content-Type: multipart/form-data; boundary=---------------------------41184676334' \\
  --data-binary $'-----------------------------41184676334\\r\\nContent-Disposition: form-data; name="a"\\r\\n\\r\\nb\\r\\n-----------------------------41184676334--\\r\\n'`,
  },
  {
    name: 'a body with non-ASCII bytes, by Firefox',
    command: `curl 'http://HOST/bytes' --compressed -X POST ${FIREFOX} --data-binary $'\\u0001\\u0002\\u00ff\\u20ac'`,
  },
  { name: 'a HEAD, by Firefox', command: `curl 'http://HOST/a' --compressed -I ${FIREFOX}` },
  {
    name: 'a PATCH, by Safari',
    command: `curl 'http://HOST/a' \\
-X 'PATCH' \\
-H 'Accept: */*' \\
-H 'Content-Type: application/json' \\
--data-binary '{"a":1}'`,
  },
  {
    name: 'a form, by Postman',
    command: `curl --location 'http://HOST/upload' --header 'X-Api-Key: abc' --form 'name="Zoë \\"Z\\""' --form 'file=@"image.png"'`,
  },
]

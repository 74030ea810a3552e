// An independent OpenID4VP wallet answers a request: `node present.mjs` with {request, credential, privateJwk} on standard
// input. Prints one JSON document. All protocol work is the library's; hashes, keys and ciphers come from Node.
import {
  createCipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import { text } from 'node:stream/consumers'
import { clientAuthenticationAnonymous } from '@openid4vc/oauth2'
import { Openid4vpClient } from '@openid4vc/openid4vp'

const { request, credential, privateJwk } = JSON.parse(await text(process.stdin))
const sha256 = (data) => createHash('sha256').update(data).digest()
const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const decode = (value) => JSON.parse(Buffer.from(value, 'base64url').toString())
const key = createPrivateKey({ key: privateJwk, format: 'jwk' })
const unsupported = () => {
  throw new Error('this is not part of this test')
}

// The key of the verifier's did:web, as its document publishes it.
async function keyOf(didUrl) {
  const [did] = didUrl.split('#')
  const [host, ...path] = did.slice('did:web:'.length).split(':').map(decodeURIComponent)
  const place = path.length ? path.join('/') : '.well-known'
  const document = await (await fetch(`https://${host}/${place}/did.json`)).json()
  const method = document.verificationMethod.find(({ id }) => id === didUrl)
  if (document.id !== did || !method) throw new Error('the document does not hold this key')
  return method.publicKeyJwk
}

// ECDH-ES with AES-GCM (RFC 7518, 4.6 and 5.3).
function encryptTo({ publicJwk, enc, apv, apu }, data) {
  const bits = { A128GCM: 128, A256GCM: 256 }[enc]
  const ours = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const theirs = createPublicKey({ key: publicJwk, format: 'jwk' })
  const secret = diffieHellman({ privateKey: ours.privateKey, publicKey: theirs })
  const sized = (part) => Buffer.concat([Buffer.from(Uint32Array.of(part.length).buffer).swap32(), part])
  const number = (value) => Buffer.from(Uint32Array.of(value).buffer).swap32()
  const parties = [apu ?? '', apv ?? ''].map((party) => sized(Buffer.from(party, 'base64url')))
  const agreed = sha256(Buffer.concat([number(1), secret, sized(Buffer.from(enc)), ...parties, number(bits)]))
  const { kty, crv, x, y } = ours.publicKey.export({ format: 'jwk' })
  const header = { alg: 'ECDH-ES', enc, kid: publicJwk.kid, epk: { kty, crv, x, y }, apu, apv }
  const head = encode(header)
  const nonce = randomBytes(12)
  const cipher = createCipheriv(`aes-${bits}-gcm`, agreed.subarray(0, bits / 8), nonce)
  cipher.setAAD(Buffer.from(head))
  const sealed = Buffer.concat([cipher.update(data), cipher.final()])
  const jwe = [head, '', ...[nonce, sealed, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join('.')
  return { encryptionJwk: publicJwk, jwe }
}

const callbacks = {
  fetch,
  hash: (data, name) => createHash(name.replace('-', '')).update(data).digest(),
  generateRandom: (length) => randomBytes(length),
  clientAuthentication: clientAuthenticationAnonymous(),
  decryptJwe: unsupported,
  signJwt: unsupported,
  encryptJwe: encryptTo,
  verifyJwt: async (signer, { compact }) => {
    const signerJwk = await keyOf(signer.didUrl)
    const [head, payload, signature] = compact.split('.')
    const publicKey = { key: createPublicKey({ key: signerJwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }
    const verified = verify('sha256', Buffer.from(`${head}.${payload}`), publicKey, Buffer.from(signature, 'base64url'))
    return { verified, signerJwk }
  },
}

// Only the disclosures of what is asked for; a claim inside a list has no name, so lists that are asked for are shown whole.
function show(query, { nonce, audience, agreed }) {
  const [jwt, ...disclosures] = credential.split('~').slice(0, -1)
  const names = new Set((query.claims ?? []).map(({ path }) => path[0]))
  const shown = disclosures.filter((one) => {
    const content = decode(one)
    return content.length === 3 ? names.has(content[1]) : names.has('nationalities')
  })
  const presented = `${[jwt, ...shown].join('~')}~`
  const binding = { iat: Math.floor(Date.now() / 1000), aud: audience, nonce, sd_hash: encodeHash(presented), ...agreed }
  const signed = `${encode({ alg: 'ES256', typ: 'kb+jwt' })}.${encode(binding)}`
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
  return { presented: `${presented}${signed}.${signature.toString('base64url')}`, shown: shown.length }
}

function encodeHash(data) {
  return sha256(data).toString('base64url')
}

const client = new Openid4vpClient({ callbacks })
const parsed = client.parseOpenid4vpAuthorizationRequest({ authorizationRequest: request })
const resolved = await client.resolveOpenId4vpAuthorizationRequest({ authorizationRequestPayload: parsed.params })
const asked = resolved.authorizationRequestPayload
const [query] = resolved.dcql.query.credentials
// What the holder agrees to by showing this credential (OpenID4VP 1.0, B.3.3): hashes over the texts as they were sent.
const transactions = (resolved.transactionData ?? []).filter(({ transactionData }) =>
  transactionData.credential_ids.includes(query.id),
)
const agreed = transactions.length > 0 && {
  transaction_data_hashes: transactions.map(({ encoded }) => encodeHash(encoded)),
  transaction_data_hashes_alg: transactions[0].transactionData.transaction_data_hashes_alg[0],
}
const { presented, shown } = show(query, { nonce: asked.nonce, audience: asked.client_id, agreed })
const encrypted = asked.response_mode === 'direct_post.jwt'
const response = await client.createOpenid4vpAuthorizationResponse({
  authorizationRequestPayload: asked,
  authorizationResponsePayload: { vp_token: { [query.id]: [presented] } },
  ...(encrypted && {
    jarm: {
      encryption: { nonce: encode(randomBytes(16)) },
      serverMetadata: {
        authorization_signing_alg_values_supported: [],
        authorization_encryption_alg_values_supported: ['ECDH-ES'],
        authorization_encryption_enc_values_supported: ['A128GCM', 'A256GCM'],
      },
    },
  }),
})
const sent = await client.submitOpenid4vpAuthorizationResponse({
  authorizationRequestPayload: asked,
  authorizationResponsePayload: response.authorizationResponsePayload,
  jarm: response.jarm,
})
process.stdout.write(
  JSON.stringify({
    prefix: resolved.client.prefix,
    version: resolved.version,
    mode: sent.responseMode,
    status: sent.response.status,
    answer: await sent.response.json(),
    shown,
    transactions: transactions.map(({ transactionData }) => transactionData),
  }),
)

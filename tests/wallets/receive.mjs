// An independent OpenID4VCI client receives a credential: `node receive.mjs OFFER TX_CODE CONFIGURATION [dpop]`.
// Prints one JSON document. All protocol work is the library's; only keys and hashes come from Node.
import { createHash, randomBytes, webcrypto } from 'node:crypto'
import { clientAuthenticationAnonymous } from '@openid4vc/oauth2'
import { Openid4vciClient } from '@openid4vc/openid4vci'

const [offerText, txCode, configuration, bound] = process.argv.slice(2)
const { subtle } = webcrypto
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
const keys = await subtle.generateKey(algorithm, true, ['sign', 'verify'])
const { kty, crv, x, y } = await subtle.exportKey('jwk', keys.publicKey)
const publicJwk = { kty, crv, x, y }
const signer = { method: 'jwk', alg: 'ES256', publicJwk }
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const unsupported = () => {
  throw new Error('encryption is not part of this test')
}

const callbacks = {
  hash: (data, name) => createHash(name.replace('-', '')).update(data).digest(),
  generateRandom: (length) => randomBytes(length),
  clientAuthentication: clientAuthenticationAnonymous(),
  decryptJwe: unsupported,
  encryptJwe: unsupported,
  signJwt: async (_signer, { header, payload }) => {
    const signed = `${encode(header)}.${encode(payload)}`
    const hash = { name: 'ECDSA', hash: 'SHA-256' }
    const signature = await subtle.sign(hash, keys.privateKey, Buffer.from(signed))
    return { jwt: `${signed}.${Buffer.from(signature).toString('base64url')}`, signerJwk: publicJwk }
  },
  verifyJwt: unsupported,
}

const client = new Openid4vciClient({ callbacks })
const credentialOffer = await client.resolveCredentialOffer(offerText)
const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer)
const { accessTokenResponse, dpop } = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({
  credentialOffer,
  issuerMetadata,
  txCode,
  dpop: bound === 'dpop' ? { signer } : undefined,
})
const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata })
const { jwt } = await client.createCredentialRequestJwtProof({
  issuerMetadata,
  signer,
  nonce,
  credentialConfigurationId: configuration,
})
const { credentialResponse } = await client.retrieveCredentials({
  issuerMetadata,
  accessToken: accessTokenResponse.access_token,
  credentialConfigurationId: configuration,
  proofs: { jwt: [jwt] },
  dpop,
})
process.stdout.write(
  JSON.stringify({
    tokenType: accessTokenResponse.token_type,
    credential: credentialResponse.credentials[0].credential,
    jwk: publicJwk,
    privateJwk: await subtle.exportKey('jwk', keys.privateKey),
  }),
)

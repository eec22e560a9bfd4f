// Keys and names (docs/protocol.md, sections 1 and 3): Ed25519, peer ids, did:key.
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'

const PRIVATE = Buffer.from('302e020100300506032b657004220420', 'hex') // PKCS #8 before the 32 bytes (RFC 8410)
const PUBLIC = Buffer.from('302a300506032b6570032100', 'hex') // SubjectPublicKeyInfo before the 32 bytes
const PEER = Buffer.from('002408011220', 'hex')
const DID = Buffer.from('ed01', 'hex')
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

export function base58 (bytes) {
  let number = BigInt('0x0' + Buffer.from(bytes).toString('hex'))
  let text = ''
  for (; number > 0n; number /= 58n) text = ALPHABET[Number(number % 58n)] + text
  return '1'.repeat(bytes.findIndex((byte) => byte !== 0)) + text
}

export function unbase58 (text) {
  let number = 0n
  for (const letter of text) {
    const digit = ALPHABET.indexOf(letter)
    if (digit < 0) return null
    number = number * 58n + BigInt(digit)
  }
  const hex = number.toString(16)
  return Buffer.concat([
    Buffer.alloc(text.length - text.replace(/^1+/, '').length),
    Buffer.from(hex.length % 2 ? '0' + hex : hex, 'hex')
  ])
}

function after (prefix, bytes) {
  const right = bytes !== null && bytes.length === prefix.length + 32 && bytes.subarray(0, prefix.length).equals(prefix)
  return right ? bytes.subarray(prefix.length) : null
}

export const peerId = (key) => base58(Buffer.concat([PEER, key]))
/** The public key inside a peer id; null where it is none. */
export const keyOfPeer = (peer) => after(PEER, unbase58(peer))
export const didKey = (key) => 'did:key:z' + base58(Buffer.concat([DID, key]))
export const keyOfDid = (did) => did.startsWith('did:key:z') ? after(DID, unbase58(did.slice(9))) : null

/** A key pair from the 32 bytes of its private key. */
export function keyPair (seed) {
  const key = createPrivateKey({ key: Buffer.concat([PRIVATE, seed]), format: 'der', type: 'pkcs8' })
  const pub = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x, 'base64url')
  return { seed, public: pub, sign: (data) => sign(null, data, key) }
}

export function verified (pub, data, signature) {
  const key = createPublicKey({ key: Buffer.concat([PUBLIC, pub]), format: 'der', type: 'spki' })
  return verify(null, data, key, signature)
}

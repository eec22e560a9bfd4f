// A js-libp2p peer for tests/interop: TCP, Noise, Yamux, identify, ping.
// It prints its address as one line of JSON, then obeys one JSON command a line on stdin and answers each with a line:
//   {"do": "ping", "address": A}       -> {"ms": N}
//   {"do": "identify", "address": A}   -> {"protocols": [...], "agent": S}
//   {"do": "ask", "address": A, "protocol": P, "hex": H}  -> {"hex": the server's whole answer}
// What fails is answered with {"error": S}.  The end of stdin ends it.
import { createInterface } from 'node:readline'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

const say = (value) => process.stdout.write(JSON.stringify(value) + '\n')

const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionGater: { denyDialMultiaddr: () => false },
  services: { identify: identify(), ping: ping() }
})

const commands = {
  async ping ({ address }) {
    return { ms: await node.services.ping.ping(multiaddr(address)) }
  },
  async identify ({ address }) {
    // js-libp2p identifies on its own after every dial, and allows one identify stream at a time.
    const identified = new Promise((resolve) => node.addEventListener('peer:identify', resolve, { once: true }))
    await node.dial(multiaddr(address))
    const { detail } = await identified
    return { protocols: detail.protocols, agent: detail.agentVersion ?? '' }
  },
  async ask ({ address, protocol, hex }) {
    const stream = await node.dialProtocol(multiaddr(address), protocol)
    stream.send(Buffer.from(hex, 'hex'))
    await stream.close()
    const parts = []
    for await (const part of stream) parts.push(Buffer.from(part.subarray()))
    return { hex: Buffer.concat(parts).toString('hex') }
  }
}

say({ address: node.getMultiaddrs()[0].toString() })
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line)
  try {
    say(await commands[command.do](command))
  } catch (error) {
    say({ error: String(error) })
  }
}
await node.stop()
process.exit(0)

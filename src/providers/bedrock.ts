import { sign } from '../lib/aws-sigv4.ts'
import { bearer, type Environment, type Provider } from './provider.ts'

const region = (env: Environment): string => env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1'

/** The region that an address is in: its service signs for no other. An address of the operator's own may name none. */
const regionOf = (url: string): string | undefined => /\bbedrock-runtime(?:-fips)?\.([a-z\d-]+)\./.exec(url)?.[1]

/** With an API key of Bedrock's, or by credentials of AWS, with which each request is signed. */
export const bedrock: Provider = {
  id: 'bedrock',
  name: 'Amazon Bedrock',
  dialect: 'bedrock-converse',
  baseUrl: 'https://bedrock-runtime.us-east-1.amazonaws.com',
  baseUrlIn: env => `https://bedrock-runtime.${region(env)}.amazonaws.com`,
  keyFrom: ['AWS_BEARER_TOKEN_BEDROCK'],
  auth: bearer,
  signing: {
    needs: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
    secrets: ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
    sign: ({ url, body }, env, now) =>
      sign(
        { method: 'POST', url, headers: { 'content-type': 'application/json' }, body },
        {
          accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
          secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
          sessionToken: env.AWS_SESSION_TOKEN || undefined,
        },
        { region: regionOf(url) ?? region(env), service: 'bedrock', now },
      ),
  },
  serves: ['anthropic.', 'amazon.', 'global.', 'us.', 'eu.', 'apac.', 'arn:aws:bedrock:'],
  prices: 'aws',
  docs: 'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html',
}

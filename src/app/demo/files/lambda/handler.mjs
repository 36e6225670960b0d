// Takes S3 events: reads each upload, stores its renditions, announces the outcome on SNS.
// A rejected upload is an outcome. Everything else that goes wrong ends the invocation with an
// error, so that Lambda tries it again and hands it to the failure queue in the end.

import {
  Rejection,
  checkBytes,
  decodeKey,
  detectFormat,
  render,
  renditionKey,
} from './thumbnails.mjs';

async function makeRenditions(sharp, store, upload) {
  checkBytes(upload.bytes);
  const body = await store.read(upload.bucket, upload.key);
  const format = detectFormat(body);
  return { format, renditions: await render(sharp, body, format) };
}

async function storeRenditions(store, bucket, upload, { format, renditions }) {
  const stored = [];
  for (const { size, body, width, height } of renditions) {
    const key = renditionKey(size, upload.key);
    const metadata = { width: String(width), height: String(height) };
    await store.write({ bucket, key, body, contentType: `image/${format}`, metadata });
    stored.push({ size, bucket, key, width, height, bytes: body.length });
  }
  return stored;
}

/**
 * A Lambda handler over the given parts:
 * `store.read(bucket, key)`, `store.write({ bucket, key, body, contentType, metadata })` and
 * `topic.publish(message)`, each returning a promise.
 */
export function createHandler({ sharp, store, topic, renditionBucket, log = console }) {
  async function announce(event, upload, details) {
    const { bucket, key, eTag } = upload;
    // Derived from the upload alone, so subscribers can drop what a retry announces again.
    const id = `${event}:${bucket}/${key}#${eTag}`;
    await topic.publish({ id, event, upload: { bucket, key }, ...details });
    log.info({ event, key, ...details });
  }

  async function processUpload(upload) {
    let made;
    try {
      made = await makeRenditions(sharp, store, upload);
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      await announce('image.rejected', upload, { reason: error.reason });
      return;
    }
    const renditions = await storeRenditions(store, renditionBucket, upload, made);
    await announce('image.ready', upload, { renditions });
  }

  return async function handle(event) {
    const failures = [];
    for (const { s3 } of event.Records) {
      if (s3.bucket.name === renditionBucket) continue;
      const { key, size, eTag } = s3.object;
      try {
        await processUpload({ bucket: s3.bucket.name, key: decodeKey(key), bytes: size, eTag });
      } catch (cause) {
        log.error({ event: 'image.failed', key, error: cause.message });
        failures.push(new Error(`${key}: ${cause.message}`, { cause }));
      }
    }
    if (failures.length > 0) {
      throw new AggregateError(failures, failures.map(({ message }) => message).join('; '));
    }
  };
}

function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`The environment variable ${name} is not set`);
  return value;
}

// Loaded on first use, so that the tests run without the packages and without AWS.
async function connect() {
  const renditionBucket = setting('RENDITION_BUCKET');
  const topicArn = setting('TOPIC_ARN');
  const [{ default: sharp }, { S3 }, { SNS }] = await Promise.all([
    import('sharp'),
    import('@aws-sdk/client-s3'),
    import('@aws-sdk/client-sns'),
  ]);
  const s3 = new S3({});
  const sns = new SNS({});
  const store = {
    async read(bucket, key) {
      const { Body } = await s3.getObject({ Bucket: bucket, Key: key });
      return Body.transformToByteArray();
    },
    async write({ bucket, key, body, contentType, metadata }) {
      await s3.putObject({
        Bucket: bucket, Key: key, Body: body, ContentType: contentType, Metadata: metadata,
      });
    },
  };
  const topic = {
    async publish(message) {
      await sns.publish({
        TopicArn: topicArn,
        Message: JSON.stringify(message),
        MessageAttributes: { event: { DataType: 'String', StringValue: message.event } },
      });
    },
  };
  return createHandler({ sharp, store, topic, renditionBucket });
}

let handle;

/** The entry point of the Lambda function. */
export async function handler(event) {
  handle ??= await connect();
  await handle(event);
}

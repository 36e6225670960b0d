import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  MAX_BYTES,
  MAX_PIXELS,
  SIZES,
  checkBytes,
  decodeKey,
  detectFormat,
  render,
  renditionKey,
} from '../lambda/thumbnails.mjs';

const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1]);
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]);
const WEBP = Buffer.from('RIFF\x0a\x00\x00\x0aWEBPVP8 ', 'latin1');

const rejectedFor = (reason) => (error) => error.name === 'Rejection' && error.reason === reason;

test('JPEG, PNG and WebP are recognised by their content', () => {
  assert.equal(detectFormat(JPEG), 'jpeg');
  assert.equal(detectFormat(PNG), 'png');
  assert.equal(detectFormat(WEBP), 'webp');
});

test('any other content is an unsupported format', () => {
  const others = ['GIF89a', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'RIFF1234WAVEfmt ', ''];
  for (const text of others) {
    assert.throws(() => detectFormat(Buffer.from(text)), rejectedFor('unsupported_format'), text);
  }
  const cut = PNG.subarray(0, 7);
  assert.throws(() => detectFormat(cut), rejectedFor('unsupported_format'));
});

test('a file of exactly 20 MiB is taken and one byte more is not', () => {
  assert.equal(MAX_BYTES, 20_971_520);
  assert.doesNotThrow(() => checkBytes(20_971_520));
  assert.throws(() => checkBytes(20_971_521), rejectedFor('too_large'));
});

test('event keys decode to the keys that S3 encoded', () => {
  const encode = (key) => encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');
  const keys = ['incoming/7/cat.jpg', 'incoming/7/a b+c.png', 'incoming/7/Größe 100%.webp'];
  for (const key of keys) {
    assert.equal(decodeKey(encode(key)), key);
  }
  assert.equal(decodeKey('incoming/7/a+b%2Bc.png'), 'incoming/7/a b+c.png');
});

test('every size of every upload has a key of its own', () => {
  const uploads = ['incoming/7/a.jpg', 'incoming/7/a.png', 'incoming/7/thumb/a.jpg'];
  const keys = uploads.flatMap((upload) => SIZES.map(({ name }) => renditionKey(name, upload)));
  assert.equal(new Set(keys).size, 9);
  assert.equal(keys[0], 'thumb/incoming/7/a.jpg');
});

// Stands in for sharp: a picture of the given size that keeps what it was asked to do.
function fakeSharp({ width, height, decodes = true }) {
  const pipelines = [];
  const sharp = (bytes, options) => {
    const steps = { options };
    const pipeline = {
      metadata: async () => ({ width, height }),
      autoOrient: () => ((steps.upright = true), pipeline),
      resize: (resize) => ((steps.resize = resize), pipeline),
      toFormat: (format) => ((steps.format = format), pipeline),
      toBuffer: async () => {
        if (!decodes) throw new Error('premature end of JPEG image');
        pipelines.push(steps);
        const scale = Math.min(1, steps.resize.width / Math.max(width, height));
        const info = { width: Math.round(width * scale), height: Math.round(height * scale) };
        return { data: Buffer.from(`${steps.format} ${info.width}x${info.height}`), info };
      },
    };
    return pipeline;
  };
  return Object.assign(sharp, { pipelines });
}

test('three renditions are made upright, in the same format and never enlarged', async () => {
  const sharp = fakeSharp({ width: 4000, height: 3000 });
  const renditions = await render(sharp, JPEG, 'jpeg');
  const sizes = renditions.map(({ size, width, height }) => [size, width, height]);
  assert.deepEqual(sizes, [['thumb', 160, 120], ['medium', 800, 600], ['large', 1920, 1440]]);
  for (const [index, { upright, format, resize, options }] of sharp.pipelines.entries()) {
    const { side } = SIZES[index];
    assert.equal(upright, true);
    assert.equal(format, 'jpeg');
    const bounds = { width: side, height: side, fit: 'inside', withoutEnlargement: true };
    assert.deepEqual(resize, bounds);
    assert.equal(options.limitInputPixels, MAX_PIXELS);
  }
});

test('too many pixels and undecodable content are different rejections', async () => {
  const atLimit = fakeSharp({ width: 10_000, height: 5_000 });
  assert.equal((await render(atLimit, PNG, 'png')).length, 3);
  const beyond = fakeSharp({ width: 10_000, height: 5_001 });
  await assert.rejects(render(beyond, PNG, 'png'), rejectedFor('too_many_pixels'));
  assert.equal(beyond.pipelines.length, 0);
  const broken = fakeSharp({ width: 40, height: 30, decodes: false });
  await assert.rejects(render(broken, JPEG, 'jpeg'), rejectedFor('unreadable'));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  MAX_BYTES,
  SIZES,
  checkBytes,
  decodeKey,
  detectFormat,
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

-- Who was sent a message is told when it is taken back.
ALTER TABLE delivery DROP CONSTRAINT delivery_channel_check;
ALTER TABLE delivery ADD CONSTRAINT delivery_channel_check CHECK (channel IN (
    'page', 'sms', 'reminder', 'loudspeaker', 'door', 'withdrawal'));

-- The folders in which a file of the mail may be, one a line: `mail prune` removes it there, whatever the settings are then.

ALTER TABLE mails ADD COLUMN folders TEXT NOT NULL DEFAULT '';

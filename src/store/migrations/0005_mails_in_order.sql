-- A user's mails go in their order: whether an earlier one still waits is asked for each that is due.

CREATE INDEX mails_of_user ON mails (user_name, state, id);

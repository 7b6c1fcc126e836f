program Trial;
var
  n, block: longint;
  bytes: pointer;
begin
  read(n);
  if n < 0 then runerror(201);
  block := 0;
  while (n = 0) and (block < 4096) do
  begin
    getmem(bytes, 1 shl 20);
    fillchar(bytes^, 1 shl 20, 1);
    inc(block);
  end;
  writeln(2 * n);
end.
